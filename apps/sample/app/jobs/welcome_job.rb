class WelcomeJob < ApplicationJob
  def perform(user)
    Notification.deliver(user, "Welcome, #{user.name}! Say hello with your first micropost.")
  end
end
