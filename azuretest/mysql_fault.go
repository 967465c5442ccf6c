package azuretest

// MySQLRefuse answers the password with an error instead of checking it. State
// is the SQLSTATE, of five characters; empty: "HY000", MySQL's for errors
// without one.
func MySQLRefuse(number uint16, state, message string) ServerFault {
	return ServerFault{kind: faultMySQLRefuse, refusal: mysqlError(number, state, message)}
}

// AskNativePassword asks a client of a [MySQLServer] for the answer to the
// challenge of mysql_native_password, as a server does for a user that is not an
// Entra user, and refuses it.
func AskNativePassword() ServerFault { return ServerFault{kind: faultAskNativePassword} }

// AskCachingSHA2 asks a client of a [MySQLServer] for the answer to the challenge
// of caching_sha2_password and then for the password itself, as a server does for
// a user that is not an Entra user, and refuses both.
func AskCachingSHA2() ServerFault { return ServerFault{kind: faultAskCachingSHA2} }
