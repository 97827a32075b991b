# The endpoint and the keys come from the environment: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
provider "aws" {
  region                      = var.region
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      ManagedBy = "terraform"
      Stack     = "conformance"
      Env       = local.env
    }
  }

  ignore_tags {
    keys         = ["LastScanned"]
    key_prefixes = ["kubernetes.io/"]
  }
}

provider "aws" {
  alias                       = "west"
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      ManagedBy = "terraform"
      Region    = "west"
    }
  }
}
