variable "region" {
  description = "Region of everything that isn't in the west."
  type        = string
}

variable "env" {
  type    = string
  default = "prod"
}

variable "volumes" {
  description = "Volumes by name; the keys are odd on purpose."
  type        = map(number)
}

locals {
  env = "${var.env}-net"

  networks = {
    blue = {
      cidr = "10.10.0.0/16"
      ipv6 = true
    }
    "green/2 b" = {
      cidr = "10.20.0.0/16"
      ipv6 = false
    }
  }

  subnets = {
    "public-a"  = { index = 0, zone = "a", public = true }
    "public-b"  = { index = 1, zone = "b", public = true }
    "private-a" = { index = 2, zone = "a", public = false }
    "private-b" = { index = 3, zone = "b", public = false }
  }
}
