//! Opens the repository and reads trees at a commit; never the working tree.
//! Knows nothing of Terraform.
