# Roles and policies. Endpoint and keys come from the environment.
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
    tags = { Stack = "identity" }
  }
}

# What is global is the same from every region.
provider "aws" {
  alias                       = "west"
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  read = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }]
  })
}

resource "aws_iam_role" "app" {
  name                 = "app"
  path                 = "/service/"
  description          = "Runs the application"
  assume_role_policy   = local.trust
  max_session_duration = 7200
  tags                 = { Team = "a" }
}

resource "aws_iam_role" "west" {
  provider           = aws.west
  name               = "west"
  assume_role_policy = local.trust
}

# Its policies are written inside of it: none of them is a resource of its own, and none is unmanaged.
resource "aws_iam_role" "whole" {
  name                = "whole"
  assume_role_policy  = local.trust
  managed_policy_arns = [aws_iam_policy.shared.arn]
  inline_policy {
    name   = "own"
    policy = local.read
  }
}

resource "aws_iam_role" "gone" {
  name               = "gone"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.app.id
  policy = local.read
}

resource "aws_iam_role_policy" "gone" {
  name   = "write"
  role   = aws_iam_role.west.id
  policy = local.read
}

resource "aws_iam_policy" "shared" {
  name        = "shared"
  description = "Shared"
  policy      = local.read
  tags        = { Team = "a" }
}

resource "aws_iam_policy" "gone" {
  name   = "gone"
  policy = local.read
}

resource "aws_iam_role_policy_attachment" "shared" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.shared.arn
}

resource "aws_iam_role_policy_attachment" "gone" {
  role       = aws_iam_role.west.name
  policy_arn = aws_iam_policy.shared.arn
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
  tags = { Team = "a" }
}

resource "aws_iam_instance_profile" "gone" {
  name = "gone"
}

resource "aws_iam_user" "robot" {
  name = "robot"
  path = "/bots/"
  tags = { Team = "a" }
}

resource "aws_iam_user" "gone" {
  name = "gone"
}

resource "aws_iam_user_policy" "robot" {
  name   = "own"
  user   = aws_iam_user.robot.name
  policy = local.read
}

resource "aws_iam_user_policy_attachment" "robot" {
  user       = aws_iam_user.robot.name
  policy_arn = aws_iam_policy.shared.arn
}

resource "aws_iam_access_key" "robot" {
  user = aws_iam_user.robot.name
}

resource "aws_iam_group" "people" {
  name = "people"
}

resource "aws_iam_group" "gone" {
  name = "gone"
}

resource "aws_iam_group_policy" "people" {
  name   = "own"
  group  = aws_iam_group.people.name
  policy = local.read
}

resource "aws_iam_group_policy_attachment" "people" {
  group      = aws_iam_group.people.name
  policy_arn = aws_iam_policy.shared.arn
}

resource "aws_iam_group_membership" "people" {
  name  = "people"
  group = aws_iam_group.people.name
  users = [aws_iam_user.robot.name]
}

resource "aws_iam_openid_connect_provider" "ci" {
  url             = "https://ci.example.test"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d94"]
  tags            = { Team = "a" }
}

resource "aws_iam_account_alias" "main" {
  account_alias = "driftline-conformance"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_symbols                = true
  require_numbers                = true
  allow_users_to_change_password = true
}

resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  description      = "Scales"
}
