package azuretest

// SQLServerRefuse answers the token or password with an error of class 14, the
// class of a failed login, instead of checking it.
func SQLServerRefuse(number int32, state uint8, message string) ServerFault {
	return ServerFault{kind: faultSQLServerRefuse, refusal: sqlError(number, state, 14, message)}
}

// Route logs the client in and sends it on to another server, as the gateway of
// Azure SQL Database does: the client connects again, to host and port.
func Route(host string, port uint16) ServerFault {
	return ServerFault{kind: faultRoute, host: host, port: port}
}
