threads_count = ENV.fetch("RAILS_MAX_THREADS", 5)
threads threads_count, threads_count

# `WEB_CONCURRENCY` forks that many workers.
port ENV.fetch("PORT", 3000)

# As the first process of a container Puma is told to stop by TERM: that is no failure.
raise_exception_on_sigterm false

# About one stop in thirty hangs until the container is killed: the write that tells the server to stop is still
# registered with its pipe when the server closes that (https://github.com/puma/puma/issues/3677). A write that can't
# block is not registered.
Puma::Server.prepend(Module.new do
  def notify_safely(message)
    @notify.write_nonblock(message)
  rescue IOError, NoMethodError, SystemCallError
    Puma::Util.purge_interrupt_queue # The server is stopping already.
  end
  private :notify_safely
end)
