resource "aws_vpc" "main" {
  cidr_block                       = var.cidr
  enable_dns_support               = true
  enable_dns_hostnames             = true
  assign_generated_ipv6_cidr_block = var.ipv6

  tags = {
    Name     = var.name
    Rotation = "weekly"
  }

  lifecycle {
    ignore_changes = [tags["Rotation"]]
  }
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  vpc_id                  = aws_vpc.main.id
  cidr_block              = cidrsubnet(var.cidr, 8, each.value.index)
  availability_zone       = "${var.region}${each.value.zone}"
  map_public_ip_on_launch = each.value.public

  tags = {
    Name = "${var.name} ${each.key}"
    Tier = each.value.public ? "public" : "private"
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = var.name
  }
}

resource "aws_egress_only_internet_gateway" "main" {
  count = var.ipv6 ? 1 : 0

  vpc_id = aws_vpc.main.id

  tags = {
    Name = var.name
  }
}

resource "aws_eip" "nat" {
  domain = "vpc"

  tags = {
    Name = "${var.name} nat"
  }
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.this["public-a"].id

  tags = {
    Name = var.name
  }

  depends_on = [aws_internet_gateway.main]
}

resource "aws_flow_log" "vpc" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "REJECT"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = "arn:aws:logs:${var.region}:123456789012:log-group:/flow/${replace(var.name, "/[^a-z]/", "-")}"
  iam_role_arn             = "arn:aws:iam::123456789012:role/flow-logs"
  max_aggregation_interval = 600

  tags = {
    Name = var.name
  }
}

resource "aws_flow_log" "subnet" {
  for_each = local.private_subnets

  subnet_id                = aws_subnet.this[each.key].id
  traffic_type             = "ALL"
  log_destination          = "arn:aws:logs:${var.region}:123456789012:log-group:/flow/${each.key}"
  iam_role_arn             = "arn:aws:iam::123456789012:role/flow-logs"
  max_aggregation_interval = 60
}

output "vpc_id" {
  value = aws_vpc.main.id
}

output "subnet_ids" {
  value = { for key, subnet in aws_subnet.this : key => subnet.id }
}

output "private_route_table_id" {
  value = aws_route_table.private.id
}
