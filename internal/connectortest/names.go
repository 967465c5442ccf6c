package connectortest

const (
	Client      = "11111111-1111-1111-1111-111111111111"
	OtherClient = "22222222-2222-2222-2222-222222222222"
	Tenant      = "33333333-3333-3333-3333-333333333333"

	ScopeOSS              = "https://ossrdbms-aad.database.windows.net/.default"
	ScopeSQL              = "https://database.windows.net/.default"
	Authority             = "https://login.microsoftonline.com/"
	AuthorityUSGovernment = "https://login.microsoftonline.us/"

	HostA     = "a.postgres.database.azure.com"
	HostB     = "b.postgres.database.azure.com"
	StringA   = "host=" + HostA + " dbname=da user=ua"
	HostMySQL = "my.mysql.database.azure.com"
	HostSQL   = "s.database.windows.net"
	StringB   = "host=" + HostB + " dbname=db user=ub"
	ClientA   = "aaaaaaaa-0000-4000-8000-000000000000"
	ClientB   = "bbbbbbbb-0000-4000-8000-000000000000"
	TenantA   = "99999999-0000-4000-8000-000000000000"
	StringSQL = "Server=tcp:" + HostSQL + ",1433;Database=d;Authentication=Active Directory Managed Identity"
	Canary    = "s3cr3t-canary"
	KeyVault  = "@Microsoft.KeyVault(SecretUri=https://" + Canary + ".vault.azure.net/secrets/x/)"
)

// Pod is what Kubernetes sets for a workload identity.
var Pod = []string{"AZURE_FEDERATED_TOKEN_FILE=/var/token", "AZURE_CLIENT_ID=" + OtherClient, "AZURE_TENANT_ID=" + Tenant}
