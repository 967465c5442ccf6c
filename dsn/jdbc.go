package dsn

import "strings"

// This file reads JDBC URLs in the form that PostgreSQL's and MySQL's drivers
// share: scheme//host:port,.../database?key=value&... with values decoded as
// java.net.URLDecoder does ("+" is a blank). A user and a password in front of
// the host are not part of the form.

// splitJDBC cuts what follows "jdbc:<driver>:", which begins at start.
func splitJDBC(s string, start int) ([]pair, error) {
	u := urlReader{decode: decodeForm}
	if !strings.HasPrefix(s[start:], "//") { // jdbc:postgresql:database
		database, query, _ := strings.Cut(s[start:], "?")
		if strings.HasPrefix(database, "/") {
			return nil, at(start, "want // and a host, or a database name, after the JDBC driver's name")
		}
		u.add("dbname", database, start)
		return u.finish(pair{value: query, pos: min(start+len(database)+1, len(s))})
	}
	authority, path, query := cutURL(s, start+2)
	if strings.ContainsAny(path.value, "/@") {
		return nil, at(path.pos, `a "/" or "@" in the database's name: user and password go into the query (?user=...&password=...)`)
	}
	return u.read(authority, path, query)
}

// azureRules are the keys of azure-identity-extensions, the plug-in by which both
// drivers log in to Azure.
var azureRules = ruleSet{
	"azure.clientid":                  into(fieldClientID),
	"azure.clientsecret":              into(fieldClientSecret),
	"azure.tenantid":                  into(fieldTenantID),
	"azure.clientcertificatepath":     into(fieldCertificatePath),
	"azure.clientcertificatepassword": into(fieldCertificatePassword),
	"azure.managedidentityenabled":    jdbcManagedIdentity,
}.with(loginHere, `azure.scopes, azure.authorityHost, azure.username, azure.password, azure.claims,
	azure.tokenCredentialProviderClassName, azure.tokenCredentialBeanName`)

func jdbcManagedIdentity(b *builder, p pair) error {
	on, err := truth(p.value)
	switch b.known++; {
	case err != nil:
		return p.fault("azure.managedIdentityEnabled", err)
	case on:
		b.config.Identity.Method = MethodManagedIdentity
	}
	return nil
}
