# Alarms, events and parameters. Endpoint and keys come from the environment.
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
    tags = { Stack = "operations" }
  }
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "cpu"
  alarm_description   = "Too busy"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "CPUUtilization"
  namespace           = "AWS/EC2"
  period              = 60
  statistic           = "Average"
  threshold           = 80.5
  dimensions          = { InstanceId = "i-1" }
  tags                = { Team = "a" }
}

resource "aws_cloudwatch_metric_alarm" "gone" {
  alarm_name          = "gone"
  comparison_operator = "LessThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Messages"
  namespace           = "App"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = "main"
  dashboard_body = jsonencode({ widgets = [{ type = "text", x = 0, y = 0, width = 3, height = 3, properties = { markdown = "Hello" } }] })
}

resource "aws_cloudwatch_dashboard" "gone" {
  dashboard_name = "gone"
  dashboard_body = jsonencode({ widgets = [] })
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/ops"
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "ERROR"
  metric_transformation {
    name      = "Errors"
    namespace = "App"
    value     = "1"
  }
}

resource "aws_cloudwatch_log_metric_filter" "gone" {
  name           = "gone"
  log_group_name = aws_cloudwatch_log_group.app.name
  pattern        = "WARN"
  metric_transformation {
    name      = "Warnings"
    namespace = "App"
    value     = "1"
  }
}

resource "aws_cloudwatch_event_bus" "orders" {
  name = "orders"
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  description         = "Every night"
  schedule_expression = "rate(1 day)"
  tags                = { Team = "a" }
}

resource "aws_cloudwatch_event_rule" "gone" {
  name           = "gone"
  event_bus_name = aws_cloudwatch_event_bus.orders.name
  event_pattern  = jsonencode({ source = ["shop"] })
}

resource "aws_cloudwatch_event_target" "queue" {
  rule      = aws_cloudwatch_event_rule.nightly.name
  target_id = "queue"
  arn       = aws_sqs_queue.work.arn
  input     = jsonencode({ what = "report" })
}

resource "aws_cloudwatch_event_target" "gone" {
  rule      = aws_cloudwatch_event_rule.nightly.name
  target_id = "gone"
  arn       = aws_sqs_queue.work.arn
}

resource "aws_sqs_queue" "work" {
  name = "nightly"
}

resource "aws_sns_topic" "alerts" {
  name = "nightly"
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.alerts.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.work.arn
  raw_message_delivery = true
}

resource "aws_ssm_parameter" "mode" {
  name        = "/app/mode"
  description = "How it runs"
  type        = "String"
  value       = "quiet"
  tags        = { Team = "a" }
}

resource "aws_ssm_parameter" "hosts" {
  name  = "/app/hosts"
  type  = "StringList"
  value = "a,b"
}

resource "aws_ssm_parameter" "hidden" {
  name  = "/app/hidden"
  type  = "SecureString"
  value = "not much of a secret"
}

resource "aws_ssm_parameter" "gone" {
  name  = "/app/gone"
  type  = "String"
  value = "x"
}

resource "aws_ssm_document" "hello" {
  name            = "hello"
  document_type   = "Command"
  document_format = "JSON"
  content = jsonencode({
    schemaVersion = "2.2"
    description   = "Says hello"
    mainSteps     = [{ action = "aws:runShellScript", name = "hello", inputs = { runCommand = ["echo hello"] } }]
  })
}

resource "aws_kinesis_stream" "events" {
  name             = "events"
  shard_count      = 1
  retention_period = 48
  tags             = { Team = "a" }
}
