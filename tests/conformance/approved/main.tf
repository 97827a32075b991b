# What is approved and not applied yet: the suite commits changes to this stack and leaves them so.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = { Stack = "approved" }
  }
}

variable "zones" {
  type    = map(number)
  default = { a = 1 }
}

variable "replicas" {
  default = 1
}

locals {
  retention = 14
  ports     = [443, 8443]
}

resource "aws_vpc" "main" {
  cidr_block           = "10.20.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "main", Team = "network" }
}

resource "aws_subnet" "zone" {
  for_each          = var.zones
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, each.value)
  availability_zone = "us-east-1${each.key}"
  tags              = { Name = "zone-${each.key}" }
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "Web"
  vpc_id      = aws_vpc.main.id

  dynamic "ingress" {
    for_each = local.ports
    content {
      description = "port ${ingress.value}"
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}

resource "aws_sqs_queue" "worker" {
  count                      = var.replicas
  name                       = "worker-${count.index}"
  visibility_timeout_seconds = 60
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/app/approved"
  retention_in_days = local.retention
}

resource "aws_iam_policy" "read" {
  name        = "read"
  description = "Reads"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:GetQueueUrl"], Resource = "*" },
    ]
  })
}

resource "aws_s3_bucket" "files" {
  bucket        = "approved-files"
  force_destroy = true
}

resource "aws_s3_bucket_lifecycle_configuration" "files" {
  bucket = aws_s3_bucket.files.id

  rule {
    id     = "old"
    status = "Enabled"
    filter {
      prefix = "tmp/"
    }
    expiration {
      days = 30
    }
  }
}

resource "aws_efs_file_system" "shared" {
  creation_token = "shared"

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }
}

resource "aws_cloudwatch_metric_alarm" "deep" {
  alarm_name          = "deep"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 120
  statistic           = "Average"
  threshold           = 100
  treat_missing_data  = "breaching"
  alarm_description   = "Deep"
}

resource "terraform_data" "release" {
  input = "one"
}

resource "aws_sns_topic" "releases" {
  name = "releases"

  lifecycle {
    replace_triggered_by = [terraform_data.release]
  }
}

resource "aws_sns_topic" "loose" {
  name         = "loose"
  display_name = "Loose"

  lifecycle {
    ignore_changes = [display_name]
  }
}

module "orders" {
  source = "./queue"
  name   = "orders"
  delay  = 5
}
