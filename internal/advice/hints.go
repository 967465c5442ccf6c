package advice

// Hints that the tables of more than one engine have.
const (
	ExpiredToken     = "the token is replaced once by itself; if this comes again, check the clocks of this machine and of the token's issuer"
	OtherResource    = "the token is for another resource or cloud: set Options.Cloud or Options.Scope to those of the server"
	NotAToken        = "what was sent is not a Microsoft Entra access token: check Options.Credential"
	WrongPassword    = "wrong user name or password, or the server takes Microsoft Entra logins only"
	NoConnectionLeft = "the server has no connection left: lower the size of the pools or raise max_connections"
	Restarting       = "the server is starting, stopping or failing over: try again"
	TLSRequired      = "the server requires TLS: remove what disables it"
	NoTLS            = "the server does not offer TLS, which every login needs"
)
