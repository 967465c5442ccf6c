package dsn

import (
	"cmp"
	"errors"
	"strings"
)

var (
	errInstance = errors.New(`a named instance needs its port, as in "host,1433": ` +
		"the SQL Server Browser, which knows the port, cannot be verified")
	errTCPOnly = errors.New("connections are made over TCP with TLS: " +
		"named pipes, shared memory, LocalDB and the dedicated administrator connection are not supported")
)

// sqlServerHosts reads the one server that a string names. A failover partner is
// added when everything else is known.
func sqlServerHosts(b *builder) ([]Host, error) {
	h, err := b.server(fieldHost.String(), b.hosts, b.ports, b.sqlServer.instance.value, b.engine.DefaultPort())
	if err != nil {
		return nil, err
	}
	return []Host{h}, nil
}

// addPartner adds the failover partner after the server. Its port is its own,
// else failoverport, else the server's.
func (b *builder) addPartner() error {
	const key = "failoverPartner"
	partner := b.sqlServer.partner
	switch {
	case trimBlanks(partner.value) == "":
		return nil
	case len(b.config.Hosts) == 0:
		return partner.keyError(key, errors.New("given without a host: add the host"))
	}
	h, err := b.server(key, partner, b.sqlServer.partnerPorts, "", b.config.Hosts[0].Port)
	if err != nil {
		return err
	}
	b.config.Hosts = append(b.config.Hosts, h)
	return nil
}

// server reads one server as SqlClient, mssql-jdbc and go-mssqldb write it. A
// port in it wins over ports. The key is for errors.
func (b *builder) server(key string, p, ports pair, instance string, def uint16) (Host, error) {
	s, err := cutServer(p.value)
	if err != nil {
		return Host{}, p.keyError(key, err)
	}
	name, err := hostName(s.name)
	if err != nil {
		return Host{}, p.keyError(key, err)
	}
	source := ports
	if s.port != "" {
		source = p
	}
	number := cmp.Or(s.port, trimBlanks(ports.value))
	if i := cmp.Or(s.instance, trimBlanks(instance)); i != "" && !strings.EqualFold(i, "MSSQLSERVER") { // the default one's name
		if number == "" {
			return Host{}, p.keyError(key, errInstance)
		}
		b.warn("the name of the instance is ignored: the port says which one it is")
	}
	port, err := readPort(number, def)
	if err != nil {
		return Host{}, source.keyError(fieldPort.String(), err)
	}
	return Host{name, port}, nil
}

type server struct{ name, instance, port string }

// cutServer cuts "tcp:name\instance,port". A colon may stand for the comma.
func cutServer(s string) (server, error) {
	s = trimBlanks(s)
	if protocol, rest, ok := strings.Cut(s, ":"); ok && !isNumber(trimBlanks(rest)) {
		switch fold(protocol) {
		case "tcp":
			s = trimBlanks(rest)
		case "np", "lpc", "admin":
			return server{}, errTCPOnly
		}
	}
	if strings.HasPrefix(s, `\\`) || strings.HasPrefix(strings.ToLower(s), "(localdb)") {
		return server{}, errTCPOnly
	}
	name, instance, _ := strings.Cut(s, `\`)
	name, port := cutPort(name)
	instance, instancePort := cutPort(instance)
	if name == "." || strings.EqualFold(name, "(local)") {
		name = "localhost"
	}
	return server{name, instance, cmp.Or(instancePort, port)}, nil
}

// cutPort takes the port off "name,port", "name:port" or "[v6]:port".
func cutPort(s string) (name, port string) {
	if name, port, ok := strings.Cut(s, ","); ok {
		name, own := splitHost(name)
		return name, cmp.Or(trimBlanks(port), own)
	}
	name, port = splitHost(s)
	return name, trimBlanks(port)
}
