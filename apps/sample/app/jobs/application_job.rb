class ApplicationJob < ActiveJob::Base
  retry_on ActiveRecord::Deadlocked
  discard_on ActiveJob::DeserializationError

  # When the queue is away a message is lost, and not the sign-up that it is about.
  around_enqueue do |job, enqueue|
    enqueue.call
  rescue RedisClient::Error => error
    logger.error "#{job.class} was not enqueued: #{error.message}"
  end
end
