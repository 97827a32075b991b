# Functions with what calls them, streams and builds. Endpoint and keys come from the environment.
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
  s3_use_path_style           = true

  default_tags {
    tags = { Stack = "functions" }
  }
}

resource "aws_iam_role" "worker" {
  name               = "worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = ["lambda.amazonaws.com", "firehose.amazonaws.com", "codebuild.amazonaws.com"] } }] })
}

resource "aws_s3_bucket" "artifacts" {
  bucket = "driftline-artifacts"
}

resource "aws_s3_object" "settings" {
  bucket       = aws_s3_bucket.artifacts.id
  key          = "settings/app.json"
  content      = jsonencode({ level = "info" })
  content_type = "application/json"
  tags         = { Team = "a" }
}

resource "aws_s3_object" "gone" {
  bucket  = aws_s3_bucket.artifacts.id
  key     = "gone.txt"
  content = "gone"
}


resource "aws_lambda_function" "worker" {
  function_name = "worker"
  role          = aws_iam_role.worker.arn
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker:1"
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:aws:events:us-east-1:123456789012:rule/nightly"
}

resource "aws_lambda_permission" "gone" {
  statement_id  = "gone"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "sns.amazonaws.com"
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn = aws_sqs_queue.jobs.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 5
}

# An archive with nothing in it.
resource "aws_s3_object" "layer" {
  bucket         = aws_s3_bucket.artifacts.id
  key            = "layer.zip"
  content_base64 = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
}

resource "aws_lambda_layer_version" "shared" {
  layer_name          = "shared"
  s3_bucket           = aws_s3_object.layer.bucket
  s3_key              = aws_s3_object.layer.key
  compatible_runtimes = ["python3.12"]
  description         = "Shared"
}

resource "aws_lambda_function_url" "worker" {
  function_name      = aws_lambda_function.worker.function_name
  authorization_type = "AWS_IAM"
  cors {
    allow_origins = ["https://example.com"]
    max_age       = 60
  }
}

resource "aws_kinesis_firehose_delivery_stream" "events" {
  name        = "events"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn           = aws_iam_role.worker.arn
    bucket_arn         = aws_s3_bucket.artifacts.arn
    prefix             = "events/"
    buffering_interval = 120
    compression_format = "GZIP"
  }
  tags = { Team = "a" }
}

resource "aws_codebuild_project" "build" {
  name         = "build"
  service_role = aws_iam_role.worker.arn
  description  = "Builds"
  artifacts {
    type = "NO_ARTIFACTS"
  }
  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"
    type         = "LINUX_CONTAINER"
    environment_variable {
      name  = "STAGE"
      value = "test"
    }
  }
  source {
    type      = "GITHUB"
    location  = "https://github.com/example/app.git"
    buildspec = "version: 0.2"
  }
  tags = { Team = "a" }
}


resource "aws_codebuild_project" "gone" {
  name         = "gone"
  service_role = aws_iam_role.worker.arn
  artifacts {
    type = "NO_ARTIFACTS"
  }
  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/standard:7.0"
    type         = "LINUX_CONTAINER"
  }
  source {
    type      = "GITHUB"
    location  = "https://github.com/example/gone.git"
    buildspec = "version: 0.2"
  }
}

resource "aws_secretsmanager_secret" "api" {
  name                    = "api"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = "not much of a secret"
}

resource "aws_kms_key" "main" {
  description = "Main"
}

resource "aws_kms_grant" "worker" {
  name              = "worker"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.worker.arn
  operations        = ["Encrypt", "Decrypt"]
}

resource "aws_cloudtrail" "trail" {
  name           = "trail"
  s3_bucket_name = aws_s3_bucket.artifacts.id
  enable_logging = false
  event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3"]
    }
  }
  tags = { Team = "a" }
}
