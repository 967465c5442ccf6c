package azuretest

// AskMD5 asks for an MD5 digest of the password, as PostgreSQL does for a
// role with an MD5 password that is not an Entra role, and refuses it.
func AskMD5() ServerFault { return ServerFault{kind: faultAskMD5} }

// AskSCRAM asks for SCRAM-SHA-256, as PostgreSQL does for a role with a
// password that is not an Entra role, and refuses the proof.
func AskSCRAM() ServerFault { return ServerFault{kind: faultAskSCRAM} }

// PostgresRefuse answers the password with an error of severity FATAL instead of
// checking it. The hint may be empty.
func PostgresRefuse(sqlstate, message, hint string) ServerFault {
	refusal := pgFatal(sqlstate, message)
	refusal.Hint = hint
	return ServerFault{kind: faultPostgresRefuse, refusal: refusal}
}
