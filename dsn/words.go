package dsn

import "strings"

// field is one thing a Config can hold, whatever the dialect calls it.
type field uint8

const (
	fieldHost field = iota + 1
	fieldPort
	fieldDatabase
	fieldUser
	fieldPassword
	fieldSSLMode // a word such as require
	fieldSSL     // true or false, or a word as for fieldSSLMode
	fieldTrust   // Trust Server Certificate: true refuses verification
	fieldServerName
	fieldRootCert
	fieldClientCert
	fieldClientKey
	fieldMethod
	fieldClientID
	fieldTenantID
	fieldObjectID
	fieldResourceID
	fieldClientSecret
	fieldCertificatePath
	fieldCertificatePassword
)

// fieldNames are the names used in errors.
var fieldNames = [...]string{
	fieldHost:                "host",
	fieldPort:                "port",
	fieldDatabase:            "database",
	fieldUser:                "user",
	fieldPassword:            "password",
	fieldSSLMode:             "sslmode",
	fieldSSL:                 "ssl",
	fieldTrust:               "trust server certificate",
	fieldServerName:          "hostNameInCertificate",
	fieldRootCert:            "sslrootcert",
	fieldClientCert:          "sslcert",
	fieldClientKey:           "sslkey",
	fieldMethod:              "authentication",
	fieldClientID:            "client_id",
	fieldTenantID:            "tenant_id",
	fieldObjectID:            "object_id",
	fieldResourceID:          "resource_id",
	fieldClientSecret:        "client_secret",
	fieldCertificatePath:     "client_certificate_path",
	fieldCertificatePassword: "client_certificate_password",
}

func (f field) String() string { return fieldNames[f] }

// printed reports whether the field is text that a Config prints as it stands.
func (f field) printed() bool {
	switch f {
	case fieldDatabase, fieldUser, fieldRootCert, fieldClientCert, fieldClientKey,
		fieldClientID, fieldTenantID, fieldObjectID, fieldResourceID, fieldCertificatePath:
		return true
	}
	return false
}

// synonyms is the one table of key names, folded, for connection strings in
// every dialect and for separate settings. A dialect's own rules come first.
var synonyms = map[string]field{
	"host":           fieldHost,
	"hostname":       fieldHost,
	"server":         fieldHost,
	"servername":     fieldHost,
	"datasource":     fieldHost,
	"addr":           fieldHost,
	"address":        fieldHost,
	"networkaddress": fieldHost,

	"port":       fieldPort,
	"portnumber": fieldPort,

	"database":       fieldDatabase,
	"databasename":   fieldDatabase,
	"dbname":         fieldDatabase,
	"db":             fieldDatabase,
	"initialcatalog": fieldDatabase,

	"user":     fieldUser,
	"username": fieldUser,
	"userid":   fieldUser,
	"uid":      fieldUser,

	"password": fieldPassword,
	"pwd":      fieldPassword,
	"psw":      fieldPassword,

	"sslmode":                fieldSSLMode,
	"ssl":                    fieldSSL,
	"flag":                   fieldSSL, // PHP's MYSQL_CLIENT_SSL
	"trustservercertificate": fieldTrust,
	"hostnameincertificate":  fieldServerName,
	"sslrootcert":            fieldRootCert,
	"rootcertificate":        fieldRootCert,
	"sslcert":                fieldClientCert,
	"sslcertificate":         fieldClientCert,
	"sslkey":                 fieldClientKey,

	"authentication":            fieldMethod,
	"authenticationtype":        fieldMethod,
	"fedauth":                   fieldMethod,
	"clientid":                  fieldClientID,
	"msiclientid":               fieldClientID,
	"tenantid":                  fieldTenantID,
	"objectid":                  fieldObjectID,
	"resourceid":                fieldResourceID,
	"clientsecret":              fieldClientSecret,
	"clientcertificatepath":     fieldCertificatePath,
	"clientcertificatepassword": fieldCertificatePassword,
}

// neverPassed are keys that no dialect may hand to a driver, folded, with the
// spelling for warnings and the reason. Some of them would move the login to
// another server or weaken it, the others name files this package does not read.
var neverPassed = map[string]struct{ name, why string }{
	"hostaddr":                 {"hostaddr", "the address is always looked up from the host name"},
	"requireauth":              {"require_auth", "the authentication method is pinned by the library"},
	"channelbinding":           {"channel_binding", "a token login has no channel binding"},
	"allowfallbacktoplaintext": {"allowFallbackToPlaintext", "there is no fallback to clear text"},
	"allowcleartextpasswords":  {"allowCleartextPasswords", "the library decides it from the TLS in use"},
	"allowallfiles":            {"allowAllFiles", "a server must not read the client's files"},
	"servercertificate":        {"serverCertificate", "add the certificate to the roots instead"},
	"protocol":                 {"protocol", "connections are made over TCP with TLS"},
	"passfile":                 {"passfile", "password files are not read"},
	"service":                  {"service", "service files are not read: write the settings in the string"},
	"servicefile":              {"servicefile", "service files are not read: write the settings in the string"},
	"sslpassword":              {"sslpassword", "encrypted client keys are not supported"},
}

// fold brings a key or a word of a closed set to the form the tables use: lower
// case, without blanks, underscores and hyphens.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\t' || r == '_' || r == '-':
			return -1
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

const blanks = " \t\r\n\v\f"

func trimBlanks(s string) string { return strings.Trim(s, blanks) }

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// isKey reports whether s can be a key: letters, digits, blanks and "_.-$". What
// cannot is most likely a piece of a value that should have been quoted.
func isKey(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9' && i > 0:
		case c == '_', i > 0 && strings.IndexByte(" .-$", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// isParameter reports whether s can be the name of a run-time parameter of the
// server: a key without blanks and hyphens.
func isParameter(s string) bool { return isKey(s) && !strings.ContainsAny(s, " -") }
