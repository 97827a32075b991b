# What the expressions of the corpus may refer to.

variable "name" {
  default = "net"
}

variable "names" {
  type    = list(string)
  default = ["b", "a", "b"]
}

variable "sizes" {
  type    = map(number)
  default = { small = 1, large = 10.5 }
}

variable "zones" {
  type    = set(string)
  default = ["z2", "z1"]
}

variable "server" {
  type = object({
    name  = string
    port  = optional(number, 443)
    tags  = optional(map(string), {})
    disks = optional(list(object({ size = number, kind = optional(string, "gp3") })), [])
    note  = optional(string)
  })
  default = {
    name  = "web"
    disks = [{ size = "10" }, { size = 20, kind = "io2" }]
  }
}

variable "secret" {
  default   = "hidden"
  sensitive = true
}

variable "nothing" {
  type    = string
  default = null
}

variable "mixed" {
  type    = any
  default = [1, "two", { three = 3 }]
}

variable "pair" {
  type    = tuple([string, number])
  default = ["1", "2"]
}

locals {
  late   = "${local.early}-late"
  early  = "early"
  nested = { a = [{ b = 1 }, { b = 2 }], "c d" = { e = null } }
  later  = terraform_data.one.id
  many   = [for key, value in local.nested.a : value.b]
}

resource "terraform_data" "one" {
  input = "x"
}

resource "terraform_data" "counted" {
  count = 2
}

resource "terraform_data" "each" {
  for_each = toset(["p", "q"])
  input    = each.key
}

module "child" {
  source = "./child"
  given  = var.name
}

module "children" {
  source   = "./child"
  for_each = { one = 1, two = 2 }
  given    = each.key
}
