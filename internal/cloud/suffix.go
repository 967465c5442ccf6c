package cloud

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// Suffix is a suffix under which only Azure gives names to the servers of an engine.
type Suffix struct {
	suffix string
	Engine dsn.Engine
	Cloud  string
	Scope  string
}

// suffixes are tried in order. SQL's suffixes come last: the name of a PostgreSQL server in the US Government
// cloud ends with one of them.
var suffixes = newSuffixes()

func newSuffixes() []Suffix {
	const (
		public  = "AzureCloud"
		us      = "AzureUSGovernment"
		china   = "AzureChinaCloud"
		germany = "AzureGermanCloud"
		bleu    = "AzureBleuCloud"
	)
	rows := []Suffix{
		{".postgres.database.azure.com", dsn.PostgreSQL, public, ""},
		{".postgres.database.usgovcloudapi.net", dsn.PostgreSQL, us, ""},
		{".postgres.database.chinacloudapi.cn", dsn.PostgreSQL, china, ""},
		{".postgres.database.cloudapi.de", dsn.PostgreSQL, germany, ""},
		{".postgres.database.sovcloud-api.fr", dsn.PostgreSQL, bleu, ""},
		// Azure Cosmos DB for PostgreSQL has its own scope.
		{".postgres.cosmos.azure.com", dsn.PostgreSQL, public, "https://token.postgres.cosmos.azure.com/.default"},

		{".mysql.database.azure.com", dsn.MySQL, public, ""},
		{".mysql.database.usgovcloudapi.net", dsn.MySQL, us, ""},
		{".mysql.database.chinacloudapi.cn", dsn.MySQL, china, ""},
		{".mysql.database.cloudapi.de", dsn.MySQL, germany, ""},
		{".mysql.database.sovcloud-api.fr", dsn.MySQL, bleu, ""},

		// Azure SQL Database and Managed Instance.
		{".database.windows.net", dsn.SQLServer, public, ""},
		{".database.usgovcloudapi.net", dsn.SQLServer, us, ""},
		{".database.chinacloudapi.cn", dsn.SQLServer, china, ""},
		{".database.cloudapi.de", dsn.SQLServer, germany, ""},
		{".database.sovcloud-api.fr", dsn.SQLServer, bleu, ""},
		// Microsoft Fabric and Azure Synapse take SQL's tokens.
		{".database.fabric.microsoft.com", dsn.SQLServer, public, ""},
		{".datawarehouse.fabric.microsoft.com", dsn.SQLServer, public, ""},
		{".msit-database.fabric.microsoft.com", dsn.SQLServer, public, ""}, // as Service Connector's page has it
		{".msit-datawarehouse.fabric.microsoft.com", dsn.SQLServer, public, ""},
		{".sql.azuresynapse.net", dsn.SQLServer, public, ""},
		{".sql.azuresynapse.usgovcloudapi.net", dsn.SQLServer, us, ""},
		{".sql.azuresynapse.azure.cn", dsn.SQLServer, china, ""},
	}
	for i := range rows {
		for _, cl := range azureClouds {
			if rows[i].Scope == "" && cl.name == rows[i].Cloud {
				rows[i].Scope = cl.scopeOf(rows[i].Engine)
			}
		}
	}
	return rows
}

// SuffixOf finds the Azure suffix that a host's name is under. A wildcard as the first label counts as a name.
func SuffixOf(host string) (Suffix, bool) {
	host = NormalizeHost(host)
	for _, e := range suffixes {
		if labels, ok := strings.CutSuffix(host, e.suffix); ok && validLabels(labels, labelCharacters+"_") {
			return e, true
		}
	}
	return Suffix{}, false
}

// validLabels reports whether s is one or more labels of a host name, of these characters. The first may be "*".
func validLabels(s, characters string) bool {
	first := true
	for label := range strings.SplitSeq(s, ".") {
		if (!first || label != "*") && (label == "" || strings.Trim(label, characters) != "") {
			return false
		}
		first = false
	}
	return true
}

const labelCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-"

// Scopes returns the scopes of all suffixes, some of them several times.
func Scopes() (scopes []string) {
	for _, e := range suffixes {
		if e.Scope != "" {
			scopes = append(scopes, e.Scope)
		}
	}
	return scopes
}
