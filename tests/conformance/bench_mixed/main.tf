# Fifty instances a cell, of the services that most accounts use most. Endpoint and keys come from the environment.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "cells" {
  type = number
}

locals {
  cells  = { for cell in range(var.cells) : tostring(cell) => cell }
  twice  = merge([for name, cell in local.cells : { for n in range(2) : "${name}-${n}" => { cell = name, n = n } }]...)
  fourth = merge([for name, cell in local.cells : { for n in range(4) : "${name}-${n}" => { cell = name, n = n } }]...)
  fifth  = merge([for name, cell in local.cells : { for n in range(5) : "${name}-${n}" => { cell = name, n = n } }]...)
  sixth  = merge([for name, cell in local.cells : { for n in range(6) : "${name}-${n}" => { cell = name, n = n } }]...)
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true

  default_tags {
    tags = { Stack = "bench" }
  }
}

resource "aws_vpc" "cell" {
  for_each   = local.cells
  cidr_block = "10.${each.value}.0.0/16"
  tags       = { Name = "cell-${each.key}" }
}

resource "aws_subnet" "cell" {
  for_each   = local.twice
  vpc_id     = aws_vpc.cell[each.value.cell].id
  cidr_block = "10.${each.value.cell}.${each.value.n}.0/24"
}

resource "aws_internet_gateway" "cell" {
  for_each = local.cells
  vpc_id   = aws_vpc.cell[each.key].id
}

resource "aws_route_table" "cell" {
  for_each = local.cells
  vpc_id   = aws_vpc.cell[each.key].id
}

resource "aws_route_table_association" "cell" {
  for_each       = local.twice
  subnet_id      = aws_subnet.cell[each.key].id
  route_table_id = aws_route_table.cell[each.value.cell].id
}

resource "aws_security_group" "cell" {
  for_each = local.twice
  name     = "cell-${each.key}"
  vpc_id   = aws_vpc.cell[each.value.cell].id
}

resource "aws_vpc_security_group_ingress_rule" "cell" {
  for_each          = local.fourth
  security_group_id = aws_security_group.cell["${each.value.cell}-${each.value.n % 2}"].id
  cidr_ipv4         = "10.0.0.0/8"
  from_port         = 1000 + each.value.n
  to_port           = 1000 + each.value.n
  ip_protocol       = "tcp"
}

resource "aws_s3_bucket" "cell" {
  for_each = local.twice
  bucket   = "driftline-bench-${each.key}"
}

resource "aws_s3_bucket_versioning" "cell" {
  for_each = local.twice
  bucket   = aws_s3_bucket.cell[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "cell" {
  for_each                = local.twice
  bucket                  = aws_s3_bucket.cell[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_iam_role" "cell" {
  for_each           = local.fourth
  name               = "cell-${each.key}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}

resource "aws_iam_role_policy" "cell" {
  for_each = local.fourth
  name     = "own"
  role     = aws_iam_role.cell[each.key].name
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_policy" "cell" {
  for_each = local.twice
  name     = "cell-${each.key}"
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "cell" {
  for_each   = local.twice
  role       = aws_iam_role.cell[each.key].name
  policy_arn = aws_iam_policy.cell[each.key].arn
}

resource "aws_sqs_queue" "cell" {
  for_each = local.fourth
  name     = "cell-${each.key}"
}

resource "aws_sns_topic" "cell" {
  for_each = local.fourth
  name     = "cell-${each.key}"
}

resource "aws_cloudwatch_log_group" "cell" {
  for_each          = local.sixth
  name              = "/cell/${each.key}"
  retention_in_days = 14
}

resource "aws_ssm_parameter" "cell" {
  for_each = local.fifth
  name     = "/cell/${each.key}"
  type     = "String"
  value    = "value of ${each.key}"
}
