class SessionsController < ApplicationController
  def new
  end

  def create
    if user = User.authenticate_by(credentials)
      sign_in user, notice: "Welcome back, #{user.name}."
    else
      flash.now.alert = "That email and password don't belong together."
      render :new, status: :unprocessable_entity
    end
  end

  def destroy
    reset_session
    redirect_to root_path, notice: "You are signed out.", status: :see_other
  end

  private

  def credentials
    { email: params[:email].to_s, password: params[:password].to_s }
  end
end
