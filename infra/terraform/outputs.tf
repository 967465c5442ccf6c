# azd keeps these as variables, for the deployment and for the hook that makes the database's user.

output "AZURE_RESOURCE_GROUP" {
  value = azurerm_resource_group.group.name
}

output "AZURE_CONTAINER_REGISTRY_ENDPOINT" {
  value = azurerm_container_registry.registry.login_server
}

output "DATABASE_HOST" {
  value = azurerm_postgresql_flexible_server.server.fqdn
}

output "DATABASE_NAME" {
  value = azurerm_postgresql_flexible_server_database.database.name
}

output "IDENTITY_NAME" {
  value = azurerm_user_assigned_identity.identity.name
}

output "IDENTITY_OBJECT_ID" {
  value = azurerm_user_assigned_identity.identity.principal_id
}

output "WEB_URI" {
  value = "https://${azurerm_container_app.app.ingress[0].fqdn}"
}
