package dsn

// dropPrisma ignores a key that only Prisma has.
func dropPrisma(why string) rule {
	return func(b *builder, p pair) error {
		b.prisma = true
		return drop(why)(b, p)
	}
}

// finishPrisma takes Prisma's sslcert for the server's root certificate, which it is: a client's is in sslidentity.
// In MySQL's URLs sslaccept=strict, Prisma's default, adds nothing to it.
func finishPrisma(b *builder) error {
	c := &b.config
	if b.prisma && c.ClientCertFile != "" && c.ClientKeyFile == "" {
		c.RootCertFile, c.ClientCertFile = c.ClientCertFile, ""
		if c.Engine == MySQL && c.TLS == TLSVerifyFull {
			c.TLS = TLSUnset
		}
	}
	return nil
}
