variable "given" {
  type = string
}

variable "extra" {
  type    = list(number)
  default = [1, 2]
}

resource "terraform_data" "inner" {
}

output "given" {
  value = upper(var.given)
}

output "extra" {
  value = var.extra
}

output "id" {
  value = terraform_data.inner.id
}

output "where" {
  value = path.module
}

output "hidden" {
  value     = var.given
  sensitive = true
}
