# Applied by real terraform with the fake provider (providers/plugin/examples/fake-provider); see make.py.
terraform {
  required_providers {
    fake = {
      source = "example.com/corp/fake"
    }
  }
}

provider "fake" {
  token = "t0ken-of-the-provider"
}

provider "fake" {
  alias = "other"
  cloud = var.other_cloud
  token = "t0ken-of-the-other"
}

variable "other_cloud" {
  default = "other"
}

resource "fake_thing" "full" {
  name   = "full"
  size   = 12345678901234567890.5
  tags   = { Env = "prod" }
  secret = "hunter2-long"
  ports  = [443, 80]
  any    = ["a", "b"]

  rule {
    port = 80
    note = "web"
  }

  rule {
    port = 443
  }

  limits {
    most = 0.1
  }
}

# The provider refuses to read it without the bytes that it gave state to keep.
resource "fake_thing" "private" {
  name = "private-one"
}

# It has no id.
resource "fake_box" "box" {
  name  = "box"
  login = { user = "ada", password = "hunter3-long" }
}

resource "fake_thing" "other" {
  provider = fake.other
  name     = "elsewhere"
}
