import type { Facts } from "./detect.ts";
import type { Program } from "./model.ts";
import { isAtLeast } from "./sources/gemfile-lock.ts";
import { PROJECT_DIRECTORY } from "./translate/container.ts";
import { DEFAULT_DIRECTORY, railsVersion, usesSqlite } from "./translate/rails.ts";

const DEFAULT_RUBY = "3.4";

/** A Dockerfile for production, like the one that Rails generates. */
export function dockerfile(facts: Facts, { components }: Program): string {
    const { gems, files } = facts;
    const has = (gem: string) => gems.versions.has(gem);
    const app = components.find(({ kind }) => kind === "RailsWebApp" || kind === "WebApp");
    const port = typeof app?.args.port === "number" ? app.args.port : 3000;
    const hasNode = files.read("package.json") !== undefined;
    const runtime = [
        ...["curl", "libjemalloc2"],
        ...(has("image_processing") || has("ruby-vips") ? ["libvips"] : []),
        ...(has("pg") ? ["postgresql-client"] : []),
        ...(has("mysql2") || has("trilogy") ? ["default-mysql-client"] : []),
        ...(usesSqlite(facts) ? ["sqlite3"] : []),
    ];
    const build = [
        ...["build-essential", "git", "libyaml-dev", "pkg-config"],
        ...(has("pg") ? ["libpq-dev"] : []),
        ...(has("mysql2") ? ["default-libmysqlclient-dev"] : []),
        ...(hasNode ? ["nodejs", "npm"] : []),
    ];
    const dummy = isAtLeast(railsVersion(facts) ?? "7.1", "7.1")
        ? "SECRET_KEY_BASE_DUMMY=1"
        : "SECRET_KEY_BASE=unused";
    const hasAssets = ["sprockets-rails", "propshaft"].some(has);
    const server =
        has("thruster") && files.read("bin/thrust") !== undefined
            ? `CMD ["./bin/thrust", "./bin/rails", "server"]`
            : `CMD ["./bin/rails", "server", "-b", "0.0.0.0"]`;
    return `${[
        "# syntax=docker/dockerfile:1",
        `ARG RUBY_VERSION=${gems.ruby?.value ?? DEFAULT_RUBY}`,
        "FROM docker.io/library/ruby:$RUBY_VERSION-slim AS base",
        `WORKDIR ${DEFAULT_DIRECTORY}`,
        install(runtime),
        'ENV RAILS_ENV="production" BUNDLE_DEPLOYMENT="1" BUNDLE_PATH="/usr/local/bundle" BUNDLE_WITHOUT="development:test"',
        "",
        "FROM base AS build",
        install(build),
        "COPY Gemfile Gemfile.lock ./",
        'RUN bundle install && rm -rf ~/.bundle "$BUNDLE_PATH"/ruby/*/cache "$BUNDLE_PATH"/ruby/*/bundler/gems/*/.git',
        ...(hasNode ? nodePackages(facts) : []),
        "COPY . .",
        ...(has("bootsnap") ? ["RUN bundle exec bootsnap precompile app/ lib/"] : []),
        ...(hasAssets ? [`RUN ${dummy} ./bin/rails assets:precompile`] : []),
        "",
        "FROM base",
        "RUN groupadd --system --gid 1000 rails && useradd rails --uid 1000 --gid 1000 --create-home --shell /bin/bash",
        'COPY --from=build "$BUNDLE_PATH" "$BUNDLE_PATH"',
        `COPY --chown=rails:rails --from=build ${DEFAULT_DIRECTORY} ${DEFAULT_DIRECTORY}`,
        "RUN mkdir -p db log storage tmp && chown -R rails:rails db log storage tmp",
        "USER 1000:1000",
        `EXPOSE ${port}`,
        server,
    ].join("\n")}\n`;
}

function install(packages: string[]): string {
    return [
        "RUN apt-get update -qq && \\",
        `    apt-get install --no-install-recommends -y ${packages.join(" ")} && \\`,
        "    rm -rf /var/lib/apt/lists /var/cache/apt/archives",
    ].join("\n");
}

function nodePackages({ files }: Facts): string[] {
    if (files.read("yarn.lock") !== undefined)
        return [
            "COPY package.json yarn.lock ./",
            "RUN npm install --global yarn && yarn install --frozen-lockfile",
        ];
    const lock = files.read("package-lock.json") === undefined ? "" : " package-lock.json";
    return [`COPY package.json${lock} ./`, lock === "" ? "RUN npm install" : "RUN npm ci"];
}

export function dockerignore(): string {
    return `/.git/
/.bundle
/${PROJECT_DIRECTORY}/
# Secrets
/.env*
/config/*.key
/config/credentials/*.key
# What the application writes
/log/*
/tmp/*
/storage/*
/node_modules/
/coverage/
`;
}
