threads_count = ENV.fetch("RAILS_MAX_THREADS", 5)
threads threads_count, threads_count

# `WEB_CONCURRENCY` forks that many workers.
port ENV.fetch("PORT", 3000)

# As the first process of a container Puma is told to stop by TERM: that is no failure.
raise_exception_on_sigterm false
