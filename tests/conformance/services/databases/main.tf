# Databases and file systems. Endpoint and keys come from the environment.
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
    tags = { Stack = "databases" }
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.60.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.60.2.0/24"
  availability_zone = "us-east-1b"
}

resource "aws_db_subnet_group" "main" {
  name       = "main"
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
  tags       = { Team = "a" }
}

resource "aws_db_subnet_group" "gone" {
  name       = "gone"
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
}

resource "aws_db_parameter_group" "main" {
  name   = "main"
  family = "postgres16"
  tags   = { Team = "a" }
}

resource "aws_db_instance" "orders" {
  identifier           = "orders"
  engine               = "postgres"
  engine_version       = "16.3"
  instance_class       = "db.t3.micro"
  allocated_storage    = 20
  username             = "app"
  password             = "not much of a secret"
  db_subnet_group_name = aws_db_subnet_group.main.name
  parameter_group_name = aws_db_parameter_group.main.name
  skip_final_snapshot  = true
  tags                 = { Team = "a" }
}

resource "aws_rds_cluster_parameter_group" "main" {
  name   = "cluster"
  family = "aurora-postgresql16"
}

resource "aws_rds_cluster" "main" {
  cluster_identifier  = "cluster"
  engine              = "aurora-postgresql"
  master_username     = "app"
  master_password     = "not much of a secret"
  skip_final_snapshot = true
  tags                = { Team = "a" }
}

resource "aws_elasticache_subnet_group" "main" {
  name       = "cache"
  subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
  tags       = { Team = "a" }
}

resource "aws_efs_file_system" "shared" {
  creation_token = "shared"
  encrypted      = true
  tags           = { Team = "a" }
  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }
}

resource "aws_efs_file_system" "gone" {
  creation_token = "gone"
}

resource "aws_efs_mount_target" "a" {
  file_system_id = aws_efs_file_system.shared.id
  subnet_id      = aws_subnet.a.id
}

resource "aws_efs_access_point" "app" {
  file_system_id = aws_efs_file_system.shared.id
  posix_user {
    uid = 1000
    gid = 1000
  }
  root_directory {
    path = "/app"
  }
}
