// The app in Container Apps, as a user-assigned identity that pulls its image and logs in to the database.
param environmentName string
param unique string
param location string
param tags object
param image string
param databaseHost string
param databaseName string

var port = 8080
var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${environmentName}'
  location: location
  tags: tags
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'cr${unique}'
  location: location
  tags: tags
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, identity.id, acrPull)
  properties: {
    roleDefinitionId: acrPull
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// Without a workspace for logs, which would need a key: az containerapp logs show has those of the app.
resource apps 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: 'cae-${environmentName}'
  location: location
  tags: tags
  properties: {
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: 'ca-${environmentName}'
  location: location
  tags: union(tags, { 'azd-service-name': 'web' })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    environmentId: apps.id
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: { external: true, targetPort: port }
      registries: [{ server: registry.properties.loginServer, identity: identity.id }]
    }
    template: {
      scale: { minReplicas: 1, maxReplicas: 2 }
      containers: [
        {
          name: 'web'
          image: empty(image) ? 'mcr.microsoft.com/azuredocs/containerapps-helloworld:latest' : image
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          // What Service Connector writes for client type go, and whose identity it is.
          env: [
            {
              name: 'AZURE_POSTGRESQL_CONNECTIONSTRING'
              value: 'host=${databaseHost} dbname=${databaseName} sslmode=require user=${identity.name}'
            }
            { name: 'AZURE_POSTGRESQL_CLIENTID', value: identity.properties.clientId }
          ]
          probes: empty(image) ? [] : [ // the placeholder has none
            { type: 'Liveness', httpGet: { path: '/healthz', port: port } }
            { type: 'Readiness', httpGet: { path: '/readyz', port: port }, timeoutSeconds: 6 }
          ]
        }
      ]
    }
  }
  dependsOn: [pull]
}

output registry string = registry.properties.loginServer
output identityName string = identity.name
output identityObjectId string = identity.properties.principalId
output uri string = 'https://${app.properties.configuration.ingress.fqdn}'
