package passwordless

// IdentityKind is the kind of identity that a connection logs in with.
type IdentityKind uint8

// The kinds of identity. All but PasswordLogin log in with a Microsoft Entra token.
const (
	SystemAssigned              IdentityKind = iota + 1 // the host's own managed identity
	UserAssigned                                        // a managed identity named by client, object or resource ID
	ServicePrincipal                                    // an application with a client secret
	ServicePrincipalCertificate                         // an application with a certificate
	WorkloadIdentity                                    // an application that trusts a token file written by Kubernetes
	AzureCLI                                            // the developer signed in with az
	AzureDeveloperCLI                                   // the developer signed in with azd
	AzurePowerShell                                     // the developer signed in with Connect-AzAccount
	Interactive                                         // a person signs in in a browser
	DeviceCode                                          // a person types a code in a browser elsewhere
	PasswordLogin                                       // no token: the database's own password
	CustomCredential                                    // Options.Credential
)

var kindNames = [...]string{
	SystemAssigned:              "system-assigned managed identity",
	UserAssigned:                "user-assigned managed identity",
	ServicePrincipal:            "service principal",
	ServicePrincipalCertificate: "service principal with certificate",
	WorkloadIdentity:            "workload identity",
	AzureCLI:                    "Azure CLI sign-in",
	AzureDeveloperCLI:           "Azure Developer CLI sign-in",
	AzurePowerShell:             "Azure PowerShell sign-in",
	Interactive:                 "interactive sign-in",
	DeviceCode:                  "device code sign-in",
	PasswordLogin:               "password",
	CustomCredential:            "credential from Options",
}

// String returns the kind in words.
func (k IdentityKind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return "unknown identity"
	}
	return kindNames[k]
}

// MarshalText implements [encoding.TextMarshaler], so that JSON holds the words.
func (k IdentityKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
