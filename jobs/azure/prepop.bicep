// prepop every night as an Azure Container Apps job: a managed identity, state on an Azure Files share, the
// password of the directory's account in Key Vault.
//
//   az deployment group create --resource-group prepop --template-file jobs/azure/prepop.bicep --parameters \
//     environmentName=prepop-env identityName=prepop-id storageAccountName=prepopstate \
//     vaultName=prepop-vault registryServer=registry.azurecr.io \
//     image=registry.azurecr.io/prepop@sha256:DIGEST
//
// There before: an environment in a virtual network from which the domain controllers answer; the identity, with
// the Graph roles that `prepop init` names, `Key Vault Secrets User` on the vault and `AcrPull` on the registry;
// the storage account; in the vault the secret ldap-password.
// On the share, before the first run: prepop.toml and its mapping (jobs/README.md).

@description('An environment of Container Apps that reaches the domain controllers.')
param environmentName string

@description('A user-assigned managed identity: who prepop is in Entra ID, in Key Vault and at the registry.')
param identityName string

@description('The account of the share. It needs its key: Container Apps mounts shares by it.')
param storageAccountName string

@description('The vault that holds the secret ldap-password.')
param vaultName string

@description('Where the image comes from.')
param registryServer string

@description('The image, by its digest.')
param image string

@description('When, in UTC.')
param schedule string = '30 2 * * *'

@description('What is run. The first nights as a dry run; then sync, --max-duration, 3h, --log-format, json.')
param arguments array = [
  'sync'
  '--dry-run'
  '--log-format'
  'json'
]

param location string = resourceGroup().location

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' existing = {
  name: environmentName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: storageAccountName
}

resource files 'Microsoft.Storage/storageAccounts/fileServices@2023-05-01' existing = {
  parent: account
  name: 'default'
}

resource share 'Microsoft.Storage/storageAccounts/fileServices/shares@2023-05-01' = {
  parent: files
  name: 'prepop'
  properties: {
    shareQuota: 16
  }
}

resource storage 'Microsoft.App/managedEnvironments/storages@2024-03-01' = {
  parent: environment
  name: 'prepop'
  properties: {
    azureFile: {
      accountName: account.name
      accountKey: account.listKeys().keys[0].value
      shareName: share.name
      accessMode: 'ReadWrite'
    }
  }
}

resource job 'Microsoft.App/jobs@2024-03-01' = {
  name: 'prepop'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environment.id
    configuration: {
      triggerType: 'Schedule'
      scheduleTriggerConfig: {
        cronExpression: schedule
        parallelism: 1 // one run of one state
        replicaCompletionCount: 1
      }
      replicaTimeout: 14400
      replicaRetryLimit: 0 // a guard that blocked blocks again: somebody has to look
      registries: [
        {
          server: registryServer
          identity: identity.id
        }
      ]
      secrets: [
        {
          name: 'ldap-password'
          keyVaultUrl: '${vault.properties.vaultUri}secrets/ldap-password'
          identity: identity.id
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'prepop'
          image: image
          args: arguments
          resources: {
            cpu: json('1')
            memory: '2Gi'
          }
          env: [
            {
              name: 'PREPOP_CONFIG'
              value: '/var/lib/prepop/prepop.toml'
            }
            {
              name: 'PREPOP_CLOUD__CREDENTIAL'
              value: 'managed-identity'
            }
            {
              name: 'PREPOP_CLOUD__CLIENT_ID'
              value: identity.properties.clientId
            }
            {
              name: 'PREPOP_LDAP_PASSWORD'
              secretRef: 'ldap-password'
            }
          ]
          volumeMounts: [
            {
              volumeName: 'state'
              mountPath: '/var/lib/prepop'
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'state'
          storageType: 'AzureFile'
          storageName: storage.name
          // nobrl: SQLite's locks are this replica's alone, and there is never another one
          mountOptions: 'uid=65532,gid=65532,dir_mode=0700,file_mode=0600,nobrl'
        }
      ]
    }
  }
}
