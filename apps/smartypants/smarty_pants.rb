require "erb"
require "redis"

# Says what it knows: the list `facts` in Redis.
class SmartyPants
  NOTHING = "There is no data in Redis yet."

  def initialize(env = ENV)
    @redis = Redis.new(**where(env), timeout: 2, reconnect_attempts: 1)
  end

  def call(env)
    return answer(200, "ok") if env["PATH_INFO"] == "/health"

    facts = @redis.lrange("facts", 0, -1)
    answer(200, facts.empty? ? "<p>#{NOTHING}</p>" : list(facts))
  rescue Redis::BaseError => error
    answer(503, "<p>Redis does not answer: #{ERB::Util.html_escape(error.message)}</p>")
  end

  private

  # As a Docker link called `db` says, else REDIS_URL.
  def where(env)
    return { url: env["REDIS_URL"] } unless env["DB_PORT"]

    { url: env["DB_PORT"].sub("tcp://", "redis://"), password: env["DB_ENV_PASSWORD"] }.compact
  end

  def list(facts)
    "<ol>#{facts.map { |fact| "<li>#{ERB::Util.html_escape(fact)}</li>" }.join}</ol>"
  end

  def answer(status, body)
    page = <<~HTML
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>Smarty Pants</title>
      <style>
        body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
        h1 { font-size: 2.2rem } li { margin: .6rem 0 }
      </style>
      <h1>Smarty Pants</h1>
      #{body}
      </html>
    HTML
    [status, { "content-type" => "text/html; charset=utf-8" }, [page]]
  end
end
