# A PostgreSQL server that takes Microsoft Entra tokens and nothing else, and a database.

resource "azurerm_postgresql_flexible_server" "server" {
  name                          = "psql-${local.unique}"
  resource_group_name           = azurerm_resource_group.group.name
  location                      = azurerm_resource_group.group.location
  tags                          = local.tags
  version                       = "16"
  sku_name                      = "B_Standard_B1ms"
  storage_mb                    = 32768
  backup_retention_days         = 7
  public_network_access_enabled = true

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = false
    tenant_id                     = data.azurerm_client_config.current.tenant_id
  }

  lifecycle {
    ignore_changes = [zone] # Azure chooses it
  }
}

# The server makes one change at a time, hence each depends_on.
resource "azurerm_postgresql_flexible_server_database" "database" {
  name      = "shop"
  server_id = azurerm_postgresql_flexible_server.server.id
  charset   = "UTF8"
  collation = "en_US.utf8"
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "administrator" {
  server_name         = azurerm_postgresql_flexible_server.server.name
  resource_group_name = azurerm_resource_group.group.name
  tenant_id           = data.azurerm_client_config.current.tenant_id
  object_id           = var.administrator_id
  principal_name      = var.administrator_name
  principal_type      = var.administrator_type
  depends_on          = [azurerm_postgresql_flexible_server_database.database]
}

# The container app's address is any of Azure's. They still need a token.
resource "azurerm_postgresql_flexible_server_firewall_rule" "azure" {
  name             = "azure"
  server_id        = azurerm_postgresql_flexible_server.server.id
  start_ip_address = "0.0.0.0"
  end_ip_address   = "0.0.0.0"
  depends_on       = [azurerm_postgresql_flexible_server_active_directory_administrator.administrator]
}

resource "azurerm_postgresql_flexible_server_firewall_rule" "me" {
  count            = var.administrator_address == "" ? 0 : 1
  name             = "me"
  server_id        = azurerm_postgresql_flexible_server.server.id
  start_ip_address = var.administrator_address
  end_ip_address   = var.administrator_address
  depends_on       = [azurerm_postgresql_flexible_server_firewall_rule.azure]
}
