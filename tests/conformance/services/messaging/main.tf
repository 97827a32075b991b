# Queues, topics and log groups. Endpoint and keys come from the environment.
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
    tags = { Stack = "messaging" }
  }
}

resource "aws_sqs_queue" "work" {
  name                       = "work"
  visibility_timeout_seconds = 60
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 4 })
  tags                       = { Team = "a" }
}

resource "aws_sqs_queue" "dead" {
  name = "dead"
}

resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}

resource "aws_sqs_queue" "gone" {
  name = "gone"
}

resource "aws_sqs_queue_policy" "work" {
  queue_url = aws_sqs_queue.work.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "one", Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = aws_sqs_queue.work.arn }]
  })
}

resource "aws_sns_topic" "alerts" {
  name         = "alerts"
  display_name = "Alerts"
  tags         = { Team = "a" }
}

resource "aws_sns_topic" "gone" {
  name = "gone"
}

resource "aws_sns_topic_policy" "alerts" {
  arn = aws_sns_topic.alerts.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "one", Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = aws_sns_topic.alerts.arn }]
  })
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/app"
  retention_in_days = 14
  tags              = { Team = "a" }
}

resource "aws_cloudwatch_log_group" "gone" {
  name = "/gone"
}
