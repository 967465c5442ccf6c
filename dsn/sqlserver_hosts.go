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

const defaultInstance = "MSSQLSERVER"

// sqlServerHosts reads the one server that a string names, without its failover partner.
func sqlServerHosts(b *builder) ([]Host, error) {
	h, err := b.server("host", b.hosts, b.ports, b.sqlServer.instance.value, b.config.Engine.DefaultPort())
	return []Host{h}, err
}

// addPartner adds the failover partner. Its port is its own, else failoverport, else the
// server's.
func (b *builder) addPartner() error {
	const key = "failoverPartner"
	partner := b.sqlServer.partner
	switch {
	case trimBlanks(partner.value) == "":
		return nil
	case len(b.config.Hosts) == 0:
		return partner.keyError(key, errNoHost)
	}
	h, err := b.server(key, partner, b.sqlServer.partnerPorts, "", b.config.Hosts[0].Port)
	b.config.Hosts = append(b.config.Hosts, h)
	return err
}

// server reads one server as SqlClient, mssql-jdbc and go-mssqldb write it; a port in it
// wins over ports. The key is for errors.
func (b *builder) server(key string, p, ports pair, instance string, def uint16) (Host, error) {
	s, err := cutServer(p.value)
	if err == nil {
		s.name, err = hostName(s.name)
	}
	if err != nil {
		return Host{}, p.keyError(key, err)
	}
	source, number := p, s.port
	if number == "" {
		source, number = ports, trimBlanks(ports.value)
	}
	if i := cmp.Or(s.instance, trimBlanks(instance)); i != "" && !strings.EqualFold(i, defaultInstance) {
		if number == "" {
			return Host{}, p.keyError(key, errInstance)
		}
		b.warn("the name of the instance is ignored: the port says which one it is")
	}
	port, err := source.port(number, def)
	return Host{s.name, port}, err
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
