# Functions and domain names. Endpoint and keys come from the environment.
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
    tags = { Stack = "apps" }
  }
}

resource "aws_iam_role" "app" {
  name = "functions"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_lambda_function" "web" {
  function_name = "web"
  description   = "Answers"
  role          = aws_iam_role.app.arn
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"
  memory_size   = 256
  timeout       = 10
  tags          = { Team = "a" }

  environment {
    variables = { MODE = "quiet" }
  }
}

resource "aws_lambda_function" "gone" {
  function_name = "gone"
  role          = aws_iam_role.app.arn
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/gone:1"
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What is live"
  function_name    = aws_lambda_function.web.function_name
  function_version = "$LATEST"
}

resource "aws_lambda_alias" "gone" {
  name             = "gone"
  function_name    = aws_lambda_function.web.function_name
  function_version = "$LATEST"
}

resource "aws_route53_zone" "main" {
  name    = "Example.test."
  comment = "Main"
  tags    = { Team = "a" }
}

resource "aws_route53_zone" "gone" {
  name = "gone.test"
}
