// Generates the SDKs for Go and Python from a schema, as `pulumi package add` does: its language hosts are not in the Go
// module proxy, but the generators are.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// The schema refers to no other package.
type noPackages struct{ schema.ReferenceLoader }

func main() {
	schemaFile, directory := os.Args[1], os.Args[2]
	writeAll(filepath.Join(directory, "go"), value(gogen.GeneratePackage("pulumi", load(schemaFile), nil)))
	writeAll(filepath.Join(directory, "python"), value(python.GeneratePackage("pulumi", load(schemaFile), nil, noPackages{})))
}

func load(schemaFile string) *schema.Package {
	var spec schema.PackageSpec
	must(json.Unmarshal(value(os.ReadFile(schemaFile)), &spec))
	spec.Language["go"] = schema.RawMessage(`{"respectSchemaVersion": true, "importBasePath": "drydock/sdks/generated/go/drydock"}`)
	return value(schema.ImportSpec(spec, nil, noPackages{}, schema.ValidationOptions{AllowDanglingReferences: true}))
}

func writeAll(directory string, files map[string][]byte) {
	for name, content := range files {
		file := filepath.Join(directory, name)
		must(os.MkdirAll(filepath.Dir(file), 0o755))
		must(os.WriteFile(file, content, 0o644))
	}
}

func value[T any](result T, err error) T {
	must(err)
	return result
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
