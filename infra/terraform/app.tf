# The app in Container Apps, as a user-assigned identity that pulls its image and logs in to the database.

locals {
  port = 8080
}

resource "azurerm_user_assigned_identity" "identity" {
  name                = "id-${var.environment_name}"
  resource_group_name = azurerm_resource_group.group.name
  location            = azurerm_resource_group.group.location
  tags                = local.tags
}

resource "azurerm_container_registry" "registry" {
  name                = "cr${local.unique}"
  resource_group_name = azurerm_resource_group.group.name
  location            = azurerm_resource_group.group.location
  tags                = local.tags
  sku                 = "Basic"
  admin_enabled       = false
}

resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.registry.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.identity.principal_id
  principal_type       = "ServicePrincipal"
}

# Without a workspace for logs, which would need a key: az containerapp logs show has those of the app.
resource "azurerm_container_app_environment" "environment" {
  name                = "cae-${var.environment_name}"
  resource_group_name = azurerm_resource_group.group.name
  location            = azurerm_resource_group.group.location
  tags                = local.tags

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }
}

resource "azurerm_container_app" "app" {
  name                         = "ca-${var.environment_name}"
  resource_group_name          = azurerm_resource_group.group.name
  container_app_environment_id = azurerm_container_app_environment.environment.id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"
  tags                         = merge(local.tags, { "azd-service-name" = "web" })
  depends_on                   = [azurerm_role_assignment.pull]

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.identity.id]
  }

  registry {
    server   = azurerm_container_registry.registry.login_server
    identity = azurerm_user_assigned_identity.identity.id
  }

  ingress {
    external_enabled = true
    target_port      = local.port
    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas = 1
    max_replicas = 2

    container {
      name   = "web"
      image  = var.image == "" ? "mcr.microsoft.com/azuredocs/containerapps-helloworld:latest" : var.image
      cpu    = 0.25
      memory = "0.5Gi"

      # What Service Connector writes for client type go, and whose identity it is.
      env {
        name  = "AZURE_POSTGRESQL_CONNECTIONSTRING"
        value = "host=${azurerm_postgresql_flexible_server.server.fqdn} dbname=${azurerm_postgresql_flexible_server_database.database.name} sslmode=require user=${azurerm_user_assigned_identity.identity.name}"
      }
      env {
        name  = "AZURE_POSTGRESQL_CLIENTID"
        value = azurerm_user_assigned_identity.identity.client_id
      }

      dynamic "liveness_probe" {
        for_each = var.image == "" ? [] : ["/healthz"] # the placeholder has none
        content {
          transport = "HTTP"
          port      = local.port
          path      = liveness_probe.value
        }
      }
      dynamic "readiness_probe" {
        for_each = var.image == "" ? [] : ["/readyz"]
        content {
          transport = "HTTP"
          port      = local.port
          path      = readiness_probe.value
          timeout   = 6
        }
      }
    }
  }
}
