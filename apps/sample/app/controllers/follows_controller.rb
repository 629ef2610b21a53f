class FollowsController < ApplicationController
  before_action :require_user
  before_action -> { @user = User.where.not(id: current_user.id).find(params[:user_id]) }

  def create
    current_user.follow(@user)
    redirect_to @user, notice: "You follow #{@user.name} now."
  end

  def destroy
    current_user.unfollow(@user)
    redirect_to @user, notice: "You no longer follow #{@user.name}.", status: :see_other
  end
end
