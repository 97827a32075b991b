# What every region has from the start, adopted: the defaults of the account and of one VPC.
resource "aws_default_vpc" "account" {
  tags = {
    Name = "account default"
  }
}

resource "aws_default_subnet" "account" {
  for_each = toset(["a", "b"])

  availability_zone       = "${var.region}${each.key}"
  map_public_ip_on_launch = true

  tags = {
    Name = "account default ${each.key}"
  }

  depends_on = [aws_default_vpc.account]
}

resource "aws_vpc" "adopted" {
  cidr_block = "10.40.0.0/16"

  tags = {
    Name = "adopted"
  }
}

resource "aws_internet_gateway" "adopted" {
  vpc_id = aws_vpc.adopted.id
}

resource "aws_default_security_group" "adopted" {
  vpc_id = aws_vpc.adopted.id

  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }

  tags = {
    Name = "adopted"
  }
}

resource "aws_default_network_acl" "adopted" {
  default_network_acl_id = aws_vpc.adopted.default_network_acl_id

  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }

  egress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
}

resource "aws_default_route_table" "adopted" {
  default_route_table_id = aws_vpc.adopted.default_route_table_id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.adopted.id
  }

  tags = {
    Name = "adopted"
  }
}
