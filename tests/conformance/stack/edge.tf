resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr        = "192.0.2.0/24"
    description = "Lisbon"
  }

  entry {
    cidr        = "198.51.100.0/24"
    description = "Oslo"
  }

  tags = {
    Name = "offices"
  }
}

resource "aws_ec2_transit_gateway" "hub" {
  description     = "between the networks"
  amazon_side_asn = 64532
  dns_support     = "enable"

  tags = {
    Name = "hub"
  }
}

resource "aws_ec2_transit_gateway_vpc_attachment" "spoke" {
  for_each = toset(keys(local.networks))

  transit_gateway_id = aws_ec2_transit_gateway.hub.id
  vpc_id             = module.network[each.key].vpc_id
  subnet_ids = [
    module.network[each.key].subnet_ids["private-a"],
    module.network[each.key].subnet_ids["private-b"],
  ]

  tags = {
    Name = "spoke ${each.key}"
  }
}

resource "aws_customer_gateway" "branch" {
  count = 2

  bgp_asn    = 65000 + count.index
  ip_address = "203.0.113.${count.index + 10}"
  type       = "ipsec.1"

  tags = {
    Name = "branch${count.index}"
  }
}

resource "aws_vpn_gateway" "edge" {
  vpc_id          = module.network["blue"].vpc_id
  amazon_side_asn = "64620"

  tags = {
    Name = "edge"
  }
}

resource "aws_vpc_peering_connection" "blue_green" {
  vpc_id      = module.network["blue"].vpc_id
  peer_vpc_id = module.network["green/2 b"].vpc_id
  auto_accept = true

  tags = {
    Name = "blue-green"
  }
}

resource "aws_route" "to_green" {
  route_table_id            = module.network["blue"].private_route_table_id
  destination_cidr_block    = local.networks["green/2 b"].cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.blue_green.id
}

resource "aws_route" "to_spokes" {
  route_table_id         = module.network["green/2 b"].private_route_table_id
  destination_cidr_block = "10.0.0.0/8"
  transit_gateway_id     = aws_ec2_transit_gateway.hub.id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.spoke]
}

resource "aws_vpc_dhcp_options" "internal" {
  domain_name         = "internal.example.net"
  domain_name_servers = ["10.10.0.2", "10.20.0.2"]
  ntp_servers         = ["169.254.169.123"]

  tags = {
    Name = "internal"
  }
}

resource "aws_vpc_dhcp_options_association" "internal" {
  for_each = local.networks

  vpc_id          = module.network[each.key].vpc_id
  dhcp_options_id = aws_vpc_dhcp_options.internal.id
}
