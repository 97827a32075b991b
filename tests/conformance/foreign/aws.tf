# Beside the fake provider's resources of testdata/plugin/main.tf: two providers, each with two configurations, in one scan.
# Endpoint and keys come from the environment.
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

provider "aws" {
  alias                       = "west"
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

resource "aws_vpc" "main" {
  cidr_block = "10.1.0.0/16"
  tags       = { Name = "main" }
}

resource "aws_vpc" "west" {
  provider   = aws.west
  cidr_block = "10.2.0.0/16"
}

# Without a native reader.
resource "aws_ec2_tag" "team" {
  resource_id = aws_vpc.main.id
  key         = "Team"
  value       = "network"
}
