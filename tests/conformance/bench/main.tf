# Cells of fifty instances each, of the kinds that a network is made of.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  backend "local" {}
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      ManagedBy = "terraform"
    }
  }
}

variable "cells" {
  type = number
}

module "cell" {
  source = "./cell"
  count  = var.cells

  number = count.index
}
