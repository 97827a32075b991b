variable "number" {
  type = number
}

resource "aws_vpc" "main" {
  cidr_block = "10.${var.number}.0.0/16"

  tags = {
    Name = "cell${var.number}"
  }
}

resource "aws_subnet" "this" {
  count = 6

  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.${var.number}.${count.index}.0/24"
  availability_zone = "us-east-1${element(["a", "b", "c"], count.index)}"

  tags = {
    Name = "cell${var.number} ${count.index}"
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "this" {
  count = 3

  vpc_id = aws_vpc.main.id
}

resource "aws_route" "default" {
  count = 3

  route_table_id         = aws_route_table.this[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "this" {
  count = 6

  subnet_id      = aws_subnet.this[count.index].id
  route_table_id = aws_route_table.this[count.index % 3].id
}

resource "aws_security_group" "this" {
  count = 4

  name        = "cell${var.number}-${count.index}"
  description = "Group ${count.index}"
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group_rule" "this" {
  count = 6

  security_group_id = aws_security_group.this[count.index % 2].id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 8000 + count.index
  to_port           = 8000 + count.index
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  count = 6

  security_group_id = aws_security_group.this[2 + count.index % 2].id
  ip_protocol       = "tcp"
  from_port         = 9000 + count.index
  to_port           = 9000 + count.index
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_network_acl" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_network_acl_rule" "this" {
  count = 3

  network_acl_id = aws_network_acl.main.id
  rule_number    = 100 + count.index
  rule_action    = "allow"
  protocol       = "tcp"
  cidr_block     = "10.${count.index}.0.0/16"
  from_port      = 443
  to_port        = 443
}

resource "aws_network_interface" "this" {
  count = 3

  subnet_id       = aws_subnet.this[count.index].id
  security_groups = [aws_security_group.this[0].id]
}

resource "aws_eip" "this" {
  count = 2

  domain = "vpc"
}

resource "aws_ebs_volume" "this" {
  count = 4

  availability_zone = "us-east-1a"
  size              = 8 + count.index
  type              = "gp3"
}

resource "aws_instance" "main" {
  ami           = "ami-04681a1dbd79675a5"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.this[0].id

  tags = {
    Name = "cell${var.number}"
  }
}
