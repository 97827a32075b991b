# Parents of which other resources own a part, by types that have no reader of their own. What a sibling owns is no
# drift of the parent; the siblings themselves are unknown, and the scan says that it is incomplete.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  backend "local" {}
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

data "aws_ami" "base" {
  most_recent = true
  owners      = ["137112412989"]

  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-2.0.20180810-x86_64-gp2"]
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_vpc_ipv4_cidr_block_association" "second" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.61.0.0/16"
}

resource "aws_subnet" "this" {
  count = 3

  vpc_id     = aws_vpc.main.id
  cidr_block = "10.60.${count.index}.0/24"

  tags = {
    Name = "siblings ${count.index}"
  }
}

resource "aws_ec2_tag" "team" {
  resource_id = aws_subnet.this[0].id
  key         = "Team"
  value       = "network"
}

resource "aws_internet_gateway" "main" {}

resource "aws_internet_gateway_attachment" "main" {
  internet_gateway_id = aws_internet_gateway.main.id
  vpc_id              = aws_vpc.main.id
}

resource "aws_vpn_gateway" "main" {}

resource "aws_vpn_gateway_attachment" "main" {
  vpn_gateway_id = aws_vpn_gateway.main.id
  vpc_id         = aws_vpc.main.id
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "this" {
  count = 2

  name        = "siblings${count.index}"
  description = "Attached by a sibling"
  vpc_id      = aws_vpc.main.id
}

resource "aws_network_interface" "first" {
  subnet_id = aws_subnet.this[0].id
}

resource "aws_network_interface_sg_attachment" "first" {
  security_group_id    = aws_security_group.this[0].id
  network_interface_id = aws_network_interface.first.id
}

resource "aws_instance" "main" {
  ami           = data.aws_ami.base.id
  instance_type = "t3.nano"
  subnet_id     = aws_subnet.this[0].id
}

resource "aws_network_interface" "second" {
  subnet_id = aws_subnet.this[0].id
}

resource "aws_network_interface_attachment" "second" {
  instance_id          = aws_instance.main.id
  network_interface_id = aws_network_interface.second.id
  device_index         = 1
}

resource "aws_vpc_endpoint" "gateway" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.us-east-1.s3"
}

resource "aws_vpc_endpoint_route_table_association" "gateway" {
  vpc_endpoint_id = aws_vpc_endpoint.gateway.id
  route_table_id  = aws_route_table.main.id
}

resource "aws_vpc_endpoint" "interface" {
  vpc_id             = aws_vpc.main.id
  service_name       = "com.amazonaws.us-east-1.ssm"
  vpc_endpoint_type  = "Interface"
  subnet_ids         = [aws_subnet.this[0].id]
  security_group_ids = [aws_security_group.this[0].id]
}

resource "aws_vpc_endpoint_subnet_association" "interface" {
  vpc_endpoint_id = aws_vpc_endpoint.interface.id
  subnet_id       = aws_subnet.this[1].id
}

resource "aws_vpc_endpoint_security_group_association" "interface" {
  vpc_endpoint_id   = aws_vpc_endpoint.interface.id
  security_group_id = aws_security_group.this[1].id
}

resource "aws_network_acl" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_network_acl_association" "main" {
  network_acl_id = aws_network_acl.main.id
  subnet_id      = aws_subnet.this[2].id
}

resource "aws_ec2_managed_prefix_list" "main" {
  name           = "siblings"
  address_family = "IPv4"
  max_entries    = 3

  # moto forgets the name when an entry is added.
  lifecycle {
    ignore_changes = [name]
  }
}

resource "aws_ec2_managed_prefix_list_entry" "main" {
  prefix_list_id = aws_ec2_managed_prefix_list.main.id
  cidr           = "192.0.2.0/24"
  description    = "One entry"
}
