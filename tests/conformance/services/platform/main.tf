# Containers, APIs, names and what else a platform has. Endpoint and keys come from the environment.
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
    tags = { Stack = "platform" }
  }
}

resource "aws_ecs_cluster" "main" {
  name = "main"
  tags = { Team = "a" }
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster" "gone" {
  name = "gone"
}

resource "aws_api_gateway_rest_api" "v1" {
  name        = "v1"
  description = "One"
  tags        = { Team = "a" }
}

resource "aws_apigatewayv2_api" "v2" {
  name          = "v2"
  protocol_type = "HTTP"
  description   = "Two"
  tags          = { Team = "a" }
}

resource "aws_apigatewayv2_api" "gone" {
  name          = "gone"
  protocol_type = "HTTP"
}

resource "aws_glue_catalog_database" "lake" {
  name        = "lake"
  description = "A lake"
}

resource "aws_athena_workgroup" "ask" {
  name        = "ask"
  description = "Ask"
  tags        = { Team = "a" }
}

resource "aws_wafv2_ip_set" "blocked" {
  name               = "blocked"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = ["192.0.2.0/24"]
  tags               = { Team = "a" }
}

resource "aws_route53_zone" "main" {
  name = "platform.test"
}

resource "aws_route53_record" "www" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "www"
  type    = "A"
  ttl     = 300
  records = ["192.0.2.1", "192.0.2.2"]
}

resource "aws_route53_record" "gone" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "gone.platform.test"
  type    = "TXT"
  ttl     = 60
  records = ["hello"]
}

resource "aws_route53_health_check" "www" {
  fqdn              = "www.platform.test"
  port              = 443
  type              = "HTTPS"
  resource_path     = "/health"
  failure_threshold = 3
  request_interval  = 30
  tags              = { Team = "a" }
}
