// A resource group with the app and its database. No resource here has a password or a key that anyone must keep.
targetScope = 'subscription'

@minLength(1)
@maxLength(20)
@description('Part of the names of all resources: lower-case letters, digits and hyphens.')
param environmentName string

@description('Where they are made, such as westeurope.')
param location string

@description('Object ID of the database server\'s administrator: the one who runs azd.')
param administratorId string

@description('Its name: of a user the user principal name.')
param administratorName string

@allowed(['User', 'Group', 'ServicePrincipal'])
param administratorType string = 'User'

@description('The address that the administrator comes from. Empty: the firewall admits none.')
param administratorAddress string = ''

@description('The app\'s image. Empty before the first deployment: then a placeholder.')
param image string = ''

var tags = { 'azd-env-name': environmentName }
var unique = uniqueString(subscription().id, environmentName, location)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module database 'database.bicep' = {
  name: 'database'
  scope: group
  params: {
    serverName: 'psql-${unique}'
    location: location
    tags: tags
    administratorId: administratorId
    administratorName: administratorName
    administratorType: administratorType
    administratorAddress: administratorAddress
  }
}

module app 'app.bicep' = {
  name: 'app'
  scope: group
  params: {
    environmentName: environmentName
    unique: unique
    location: location
    tags: tags
    image: image
    databaseHost: database.outputs.host
    databaseName: database.outputs.name
  }
}

// azd keeps these as variables, for the deployment and for the hook that makes the database's user.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = app.outputs.registry
output DATABASE_HOST string = database.outputs.host
output DATABASE_NAME string = database.outputs.name
output IDENTITY_NAME string = app.outputs.identityName
output IDENTITY_OBJECT_ID string = app.outputs.identityObjectId
output WEB_URI string = app.outputs.uri
