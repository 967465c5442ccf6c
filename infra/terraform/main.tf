# A resource group with the app and its database, as in ../main.bicep. No resource here has a password or a key that
# anyone must keep.

terraform {
  required_version = ">= 1.5"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id
  features {}
}

data "azurerm_client_config" "current" {}

locals {
  tags   = { "azd-env-name" = var.environment_name }
  unique = substr(sha256(join(" ", [var.subscription_id, var.environment_name, var.location])), 0, 13)
}

resource "azurerm_resource_group" "group" {
  name     = "rg-${var.environment_name}"
  location = var.location
  tags     = local.tags
}
