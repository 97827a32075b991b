variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "ipv6" {
  type = bool
}

variable "region" {
  type = string
}

variable "subnets" {
  type = map(object({
    index  = number
    zone   = string
    public = bool
  }))
}

locals {
  public_subnets  = { for key, subnet in var.subnets : key => subnet if subnet.public }
  private_subnets = { for key, subnet in var.subnets : key => subnet if !subnet.public }
}
