package mysql

import (
	"strconv"
	"testing"
)

func TestNoTokenWithoutVerifiedTLS(t *testing.T) {
	engine.NoTokenWithoutVerifiedTLS(t, func(b *bench) []string {
		server := b.Server.Addr()
		return []string{
			b.DSN(), b.DSN("tls=preferred"), b.DSN("allowFallbackToPlaintext=true", "allowCleartextPasswords=true"),
			"app@tcp(" + server + ")/orders",
			"jdbc:mysql://" + server + "/orders?sslmode=required&user=app",
			"Server=127.0.0.1;Port=" + strconv.Itoa(b.Server.Port()) + ";Database=orders;User Id=app;SSL Mode=Preferred;",
		}
	})
}

func TestRefusedBeforeAToken(t *testing.T) {
	b := engine.Bench(t, nil)
	b.RefusedBeforeAToken(t, b.DSN("tls=false"), "tls-disabled")
	b.RefusedBeforeAToken(t, b.DSN("tls=skip-verify"), "tls-disabled")
	b.Options.TrustedHosts = []string{"elsewhere.example.com"}
	b.RefusedBeforeAToken(t, b.DSN(), "untrusted-host")
}
