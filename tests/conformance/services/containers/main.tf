# Containers, caches, backups and organizations. Endpoint and keys come from the environment.
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
    tags = { Stack = "containers" }
  }
}

# The emulator tells tags of plans and vaults in a form that the provider does not read.
provider "aws" {
  alias                       = "plain"
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

resource "aws_vpc" "main" {
  cidr_block = "10.70.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.70.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.70.2.0/24"
  availability_zone = "us-east-1b"
}

resource "aws_iam_role" "runner" {
  name               = "runner"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = ["ecs-tasks.amazonaws.com", "eks.amazonaws.com", "backup.amazonaws.com", "eks-fargate-pods.amazonaws.com"] } }] })
}

resource "aws_ecs_cluster" "main" {
  name = "main"
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = "256"
  memory                   = "512"
  execution_role_arn       = aws_iam_role.runner.arn
  container_definitions = jsonencode([{
    name         = "web"
    image        = "nginx:1"
    essential    = true
    portMappings = [{ containerPort = 80 }]
  }])
  tags = { Team = "a" }
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 2
  launch_type     = "FARGATE"
  network_configuration {
    subnets = [aws_subnet.a.id, aws_subnet.b.id]
  }
  tags = { Team = "a" }
}

resource "aws_launch_template" "node" {
  name          = "node"
  image_id      = "ami-12c6146b"
  instance_type = "t3.micro"
}

resource "aws_autoscaling_group" "nodes" {
  name                = "nodes"
  min_size            = 0
  max_size            = 2
  vpc_zone_identifier = [aws_subnet.a.id]
  launch_template {
    id = aws_launch_template.node.id
  }
}

resource "aws_lb_target_group" "web" {
  name     = "web"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.main.id
}

resource "aws_lb_target_group" "addresses" {
  name        = "addresses"
  port        = 80
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id
}

resource "aws_lb_target_group_attachment" "one" {
  target_group_arn = aws_lb_target_group.addresses.arn
  target_id        = "10.70.1.10"
  port             = 8080
}

resource "aws_autoscaling_attachment" "web" {
  autoscaling_group_name = aws_autoscaling_group.nodes.name
  lb_target_group_arn    = aws_lb_target_group.web.arn
}

resource "aws_ecs_capacity_provider" "nodes" {
  name = "nodes"
  auto_scaling_group_provider {
    auto_scaling_group_arn = aws_autoscaling_group.nodes.arn
  }
  tags = { Team = "a" }
}

resource "aws_eks_cluster" "main" {
  name     = "main"
  role_arn = aws_iam_role.runner.arn
  vpc_config {
    subnet_ids = [aws_subnet.a.id, aws_subnet.b.id]
  }
  tags = { Team = "a" }
}

resource "aws_eks_fargate_profile" "jobs" {
  cluster_name           = aws_eks_cluster.main.name
  fargate_profile_name   = "jobs"
  pod_execution_role_arn = aws_iam_role.runner.arn
  subnet_ids             = [aws_subnet.a.id]
  selector {
    namespace = "jobs"
  }
  tags = { Team = "a" }
}

resource "aws_backup_vault" "main" {
  provider = aws.plain

  name = "main"
}

resource "aws_backup_vault" "gone" {
  provider = aws.plain
  name     = "gone"
}

resource "aws_backup_plan" "daily" {
  provider = aws.plain

  name = "daily"
  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.main.name
    schedule          = "cron(0 5 * * ? *)"
    lifecycle {
      delete_after = 30
    }
  }

}


resource "aws_organizations_organization" "main" {
  feature_set = "ALL"
}

resource "aws_organizations_organizational_unit" "labs" {
  name      = "labs"
  parent_id = aws_organizations_organization.main.roots[0].id
  tags      = { Team = "a" }
}

resource "aws_organizations_account" "lab" {
  name       = "lab"
  email      = "lab@example.com"
  tags       = { Team = "a" }
  depends_on = [aws_organizations_organization.main]
}

resource "aws_organizations_policy" "guard" {
  name       = "guard"
  content    = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "s3:DeleteBucket", Resource = "*" }] })
  tags       = { Team = "a" }
  depends_on = [aws_organizations_organization.main]
}

resource "aws_organizations_policy_attachment" "guard" {
  policy_id = aws_organizations_policy.guard.id
  target_id = aws_organizations_organizational_unit.labs.id
}

resource "aws_iam_policy" "shared" {
  name   = "shared"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  policy_arn = aws_iam_policy.shared.arn
  users      = [aws_iam_user.ada.name]
  roles      = [aws_iam_role.runner.name]
}

resource "aws_iam_saml_provider" "people" {
  name                   = "people"
  saml_metadata_document = file("${path.module}/saml.xml")
}

resource "aws_db_instance" "orders" {
  identifier          = "orders"
  engine              = "postgres"
  engine_version      = "16.3"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "app"
  password            = "not much of a secret"
  skip_final_snapshot = true
}

resource "aws_db_snapshot" "before" {
  db_instance_identifier = aws_db_instance.orders.identifier
  db_snapshot_identifier = "before"
  tags                   = { Team = "a" }
}

