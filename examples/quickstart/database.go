package main

import (
	"context"
	"fmt"
	"io"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/lab/sqlserver"
)

const databaseName = "shop"

// database is a running server that takes tokens, and what Service Connector writes about it.
type database struct {
	io.Closer
	engine  string // for people
	host    string
	driver  string   // for sql.Open
	environ []string // as for a user-assigned identity
}

// starts start a server for an identity, by the value of -db.
var starts = map[string]func(context.Context, *azuretest.Cloud, azuretest.Identity) (*database, error){
	"postgres":  startPostgres,
	"mysql":     startMySQL,
	"sqlserver": startSQLServer,
}

// startPostgres has the variables of client type go. On Azure the host is
// <server>.postgres.database.azure.com, and there is no port.
func startPostgres(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity) (*database, error) {
	s, err := postgres.Start(ctx, cloud, &postgres.Options{Users: []string{id.Name}, Database: databaseName})
	if err != nil {
		return nil, err
	}
	return &database{s, s.Engine, s.Host, "azure-postgres", []string{
		"AZURE_POSTGRESQL_CLIENTID=" + id.ClientID,
		fmt.Sprintf("AZURE_POSTGRESQL_CONNECTIONSTRING=host=%s port=%d dbname=%s sslmode=require user=%s", s.Host, s.Port, databaseName, id.Name),
	}}, nil
}

// startMySQL has the variables of client type go. On Azure the host is
// <server>.mysql.database.azure.com.
func startMySQL(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity) (*database, error) {
	s, err := mysql.Start(ctx, cloud, &mysql.Options{Users: []string{id.Name}, Database: databaseName})
	if err != nil {
		return nil, err
	}
	return &database{s, s.Engine, s.Host, "azure-mysql", []string{
		"AZURE_MYSQL_CLIENTID=" + id.ClientID,
		fmt.Sprintf("AZURE_MYSQL_CONNECTIONSTRING=%s@tcp(%s:%d)/%s?tls=true", id.Name, s.Host, s.Port, databaseName),
	}}, nil
}

// startSQLServer has the variables of client type dotnet: for go Service
// Connector knows no identity. On Azure the host is <server>.database.windows.net.
func startSQLServer(ctx context.Context, cloud *azuretest.Cloud, id azuretest.Identity) (*database, error) {
	s, err := sqlserver.Start(ctx, cloud, &sqlserver.Options{Users: []string{id.Name}, Database: databaseName})
	if err != nil {
		return nil, err
	}
	return &database{s, s.Engine, s.Host, "azure-sqlserver", []string{
		fmt.Sprintf("AZURE_SQL_CONNECTIONSTRING=Data Source=%s,%d;Initial Catalog=%s;User ID=%s;Authentication=ActiveDirectoryManagedIdentity",
			s.Host, s.Port, databaseName, id.ClientID),
	}}, nil
}
